export { cloudOf, defineStage, type Stage } from './cloud/index.js'
export {
  cloudAccess,
  defineTopology,
  namesOf,
  planProvision,
  provision,
  requireServices,
  type Cluster,
  type ClusterMoment,
  type Fault,
  type FaultEvent,
  type Faults,
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
  type FactsCommand,
  type FileEdit,
  type Layout,
  type OperatingSystem,
  type Release,
} from './contract/index.js'
export { become, Horizon, type Cloud, type Image, type Network, type Server } from './openstack/index.js'
export { diagnose } from './diagnosis/index.js'
export type { Finding } from './timeline/index.js'
export { StackrigError, type ErrorClass, type ErrorCode } from './errors/index.js'
export {
  bootCloud,
  bug,
  cloudReady,
  expect,
  findTopology,
  scenario,
  type KnownIssueOptions,
  type ScenarioFixtures,
  type StepFunction,
} from './scenario/index.js'
export { settings } from './settings.js'
export { quoteWord } from './shell-word.js'
export {
  agentAlive,
  all,
  any,
  apiAnswer,
  command,
  file,
  http,
  invariant,
  logLine,
  not,
  output,
  port,
  resourceGone,
  resourceStatus,
  serverStatus,
  service,
  stable,
  waitFor,
  type Condition,
  type Seen,
  type WaitOptions,
} from './waits/index.js'
