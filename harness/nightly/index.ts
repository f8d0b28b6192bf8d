export { History, type Night, type NightRun } from './history.js'
export { overviewOf } from './overview.js'
export { nightlyPage } from './page.js'
export { findPart, partNames, type ProgramPart, type TestPart } from './parts.js'
export { expectedDuration, piecesOf, restOf, type Piece } from './pieces.js'
export { judgeQuarantine, readQuarantine, type Quarantined } from './quarantine.js'
export { folderDigest, scenarioDigest, scenarioTopologies } from './scenario-digest.js'
export {
  readShardNotes,
  readSpreadPlan,
  shardNoteName,
  shardNoteText,
  type ShardNote,
  type SpreadPlan,
} from './shard-note.js'
export { parseShard, spread, type WeighedPiece } from './shards.js'
export { timesOf } from './times.js'
