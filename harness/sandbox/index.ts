export { bridgeMac, tapName, type NetworkPlan } from './network.js'
export { runRoot } from './run-folder.js'
export { Sandbox, type Program } from './sandbox.js'
