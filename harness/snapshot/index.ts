export { forkCluster, originOf, type ForkOptions } from './fork.js'
export { ensureGolden, goldenFolder, type GoldenOptions, type Readiness } from './golden.js'
export { keyParts, snapshotKey, type KeyPart } from './key.js'
export type { KeepOptions, MakingStep } from './keep.js'
export { makeSaver, Moment, openMoment } from './moment.js'
export { listMoments, pruneMoments, type KeptMoments } from './moment-budget.js'
export { whyGone, type MomentInfo } from './moment-info.js'
export { keepMoments } from './moment-merge.js'
export { findRow, placeOf, writeRow, type MomentPlace, type MomentRow } from './moment-row.js'
export { momentsOn } from './pinned.js'
export { ForkPool } from './pool.js'
export { listSnapshots, removeAbandoned, removeSnapshot, snapshotsInUse, type KeptSnapshot } from './prune.js'
export { recordedSnapshot, recordOf, type SnapshotRecord } from './snapshot-record.js'
export { receiveSnapshot, type ArrivingSnapshot } from './receive.js'
export {
  findSnapshot,
  markUsed,
  snapshotRoot,
  type Snapshot,
  type SnapshotInfo,
  type SnapshotKey,
} from './snapshot.js'
export { ensureStage, placeOfStage, type StageSteps } from './stage.js'
export { settleTravelled, snapshotIdentity } from './travelled.js'
