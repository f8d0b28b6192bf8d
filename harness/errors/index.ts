export { errorCodes, type ErrorClass, type ErrorCode } from './codes.js'
export { endsWaits } from './ends-waits.js'
export { messageOf, StackrigError, type ErrorDetails } from './error.js'
export { forPeople, lineForPeople, longestLine, longestMessage, showControls, stripEscapes } from './text.js'
