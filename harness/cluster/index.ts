export { bootCluster, type BootOptions } from './boot.js'
export { cloudAccess, type CloudAccess } from './cloud-access.js'
export { Cluster } from './cluster.js'
export { coldStart } from './cold-start.js'
export { forkCluster, type ForkOptions } from './fork.js'
export { ensureGolden, type GoldenOptions, type Readiness } from './golden.js'
export { goldenRoot, type Golden } from './golden-files.js'
export { listGoldens, removeAbandoned, removeGolden, snapshotsInUse } from './golden-prune.js'
export { hostNames } from './host-names.js'
export type { Images } from './launch.js'
export { RunningNode } from './node.js'
export { quietMoment } from './quiet-moment.js'
export { namesOf, playsRole } from './roles.js'
export {
  describeService,
  downServices,
  requireServices,
  serviceStates,
  statesOf,
  type ServiceState,
} from './services.js'
export { ensureStage } from './stage.js'
export { planProvision, provision, type ChangedFile } from './provision.js'
export {
  defineTopology,
  passwordsOf,
  withoutPasswords,
  type NodePlan,
  type Topology,
  type TopologyPlan,
} from './topology.js'
