export { collectLogs, writeDiagnosis } from './evidence.js'
