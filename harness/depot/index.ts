export { openDepot, openFolder } from './open-depot.js'
export { pullGolden, type Pulled } from './pull.js'
export { pushGolden, type Pushed } from './push.js'
