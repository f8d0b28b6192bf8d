export { bootCloud, cloudOf, cloudReady, defineStage, diagnose, type Stage } from './cloud/index.js'
export {
  cloudAccess,
  defineTopology,
  planProvision,
  provision,
  requireServices,
  type Cluster,
  type RunningNode,
  type Topology,
} from './cluster/index.js'
export {
  busybox,
  debian12Systemd,
  debian12Sysv,
  defineContract,
  exported,
  ini,
  metaOpenstack,
  pokySystemd,
  pokySysv,
  type Contract,
  type FileEdit,
  type Layout,
  type OperatingSystem,
  type Release,
} from './contract/index.js'
export { become, Horizon, type Cloud, type Image, type Network, type Server } from './openstack/index.js'
export { expect, scenario, type ScenarioFixtures } from './scenario/index.js'
export { settings } from './settings.js'
export { waitFor } from './waits/index.js'
