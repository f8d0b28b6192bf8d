export { waitFor, type Seen, type WaitOptions } from './wait-for.js'
