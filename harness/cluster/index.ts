export { attachCluster, type AttachOptions } from './attach.js'
export { diskOf, sharedMemory } from './boot-node.js'
export { availableMemory } from './available-memory.js'
export { bootCluster, type BootOptions } from './boot.js'
export { cloudAccess, type CloudAccess } from './cloud-access.js'
export { Cluster, type ClusterOptions } from './cluster.js'
export { coldStart } from './cold-start.js'
export type {
  ClockChange,
  Ends,
  Fault,
  FaultEvent,
  FaultMaker,
  Faults,
  LinkOptions,
  Share,
} from './faults.js'
export { hostNames, hostsBeside } from './host-names.js'
export {
  giveUpSpare,
  giveUpWhenShort,
  hasMemory,
  requireDisk,
  requireFree,
  requireMemory,
} from './host-room.js'
export { findKept, listKept, topologyNodeSchema, type KeptCluster } from './kept.js'
export { LayOver } from './lay-over.js'
export { consoleLogOf } from './console-log.js'
export { imageOf, launch, machineSpec, type Images, type Launched, type MachineOptions } from './launch.js'
export type {
  ClusterMoment,
  MomentForkOptions,
  MomentOptions,
  MomentSaver,
  SaverMaker,
} from './moment-saver.js'
export { RunningNode, type CommandMethod, type TimeLimit } from './node.js'
export { offNode } from './off-node.js'
export { endPackets, packetsEnding } from './packet-dump.js'
export { openstackEnvironment, type CloudUser } from './openstack-environment.js'
export type { Origin } from './origin.js'
export { planProvision, provision, type ChangedFile } from './provision.js'
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
export {
  defineTopology,
  passwordsOf,
  withNode,
  withoutPasswords,
  type NodePlan,
  type Topology,
  type TopologyNode,
  type TopologyPlan,
} from './topology.js'
