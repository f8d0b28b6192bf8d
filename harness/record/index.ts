export type { Subject } from './draft.js'
export { Recording } from './recording.js'
export { ScenarioFile } from './scenario-file.js'
export { Session, type SessionOptions } from './session.js'
