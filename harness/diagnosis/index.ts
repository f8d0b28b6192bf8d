export { ensureBaseline } from './baseline.js'
export { diagnose, type DiagnoseOptions } from './diagnose.js'
export type { Failure } from './failed.js'
