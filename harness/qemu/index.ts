export { accelerationFile, probeAcceleration, type Acceleration } from './accelerator.js'
export {
  consoleSocket,
  directCommand,
  portSocket,
  qmpSocket,
  type Accelerator,
  type Launcher,
  type MachineSpec,
} from './command.js'
export { copyDisk, createLayer, createOverlay, moreRoom, moveOverlay } from './disk.js'
export { connectWhenListening } from './connect.js'
export type { QmpEvent } from './qmp.js'
export { qmpLock } from './shared-qmp.js'
export { Machine, type MachineFacts } from './machine.js'
export { saveDevices } from './device-state.js'
export { sizeOfDisk } from './qcow2.js'
export { loadState, saveState } from './saved-state.js'
export { thisHost, type SavingHost } from './this-host.js'
