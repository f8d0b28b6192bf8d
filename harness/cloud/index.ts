export {
  prepareImages,
  prepareTopology,
  type Prepared,
  type PreparedImages,
  type PrepareOptions,
} from './prepare.js'
