export { collectLogs } from './evidence.js'
