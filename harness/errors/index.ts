export { errorCodes, type ErrorClass, type ErrorCode } from './codes.js'
export { messageOf, StackrigError, type ErrorDetails } from './error.js'
export { forPeople, lineForPeople, longestLine, longestMessage, showControls, stripEscapes } from './text.js'
