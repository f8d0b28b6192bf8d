export {
  contractNames,
  findContract,
  findContractExport,
  findStart,
  findStartExport,
  findTopology,
  stagesOf,
  type ContractExport,
  type StartExport,
} from './find-fixture.js'
export type { HeldCluster } from './hold.js'
export { bug, type KnownIssue, type KnownIssueOptions } from './known-issue.js'
export { PacketRecord } from './packet-record.js'
export { findingsFile, readDiagnosis, type Diagnosis } from './evidence.js'
export { expect } from './matchers.js'
export { bootReadyCloud as bootCloud, cloudBecomesReady as cloudReady, prepare } from './prepare.js'
export type { Overlay, RunOptions } from './run-options.js'
export { scenario, type ScenarioFixtures } from './scenario.js'
export { ScenarioMoments } from './scenario-moments.js'
export { Steps, type EndedStep, type Step, type StepFunction, type StepObserver } from './step.js'
