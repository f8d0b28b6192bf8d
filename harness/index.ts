export { bootCloud, cloudOf, cloudReady, defineStage, diagnose, type Stage } from './cloud/index.js'
export {
  defineTopology,
  planProvision,
  provision,
  requireServices,
  type Cluster,
  type RunningNode,
  type Topology,
} from './cluster/index.js'
export {
  contractNamed,
  debianZed,
  debianZedSysv,
  metaOpenstackGrizzly,
  metaOpenstackHavana,
  metaOpenstackJuno,
  metaOpenstackThud,
  pocketContract,
} from './contract/index.js'
export { become, Horizon, type Cloud, type Image, type Network, type Server } from './openstack/index.js'
export { expect, scenario, type ScenarioFixtures } from './scenario/index.js'
export { settings } from './settings.js'
export { waitFor } from './waits/index.js'
