export { prepareTopology, type Prepared, type PrepareOptions } from './prepare.js'
