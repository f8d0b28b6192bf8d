import { forPeople, lineForPeople, StackrigError } from '../errors/index.js'
import { htmlText } from './html-text.js'
import { maskSecrets } from './secrets.js'

export interface ApiFailure {
  method: string
  url: string
  /** HTTP status; absent when there was no answer. */
  status?: number | undefined
  /** What the service said, in its own words; or why there was no answer. */
  said: string
  requestId?: string | undefined
  /** What the request said in secret; an answer may repeat it. */
  secrets?: readonly string[] | undefined
  /** `ECONNREFUSED` and the like when there was no answer. */
  cause?: unknown
}

/**
 * An API_FAILED error: an answer with an error status, an answer in another form than documented, or none at all.
 * Neither tokens nor passwords are in it.
 */
export class ApiError extends StackrigError {
  readonly method: string
  readonly url: string
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** OpenStack's own message, for people. */
  readonly said: string
  /** `req-…`: the same id stands in the service's log. */
  readonly requestId: string | undefined

  constructor(failure: ApiFailure) {
    const requestId = failure.requestId && lineForPeople(maskSecrets(failure.requestId, failure.secrets))
    const said = forPeople(maskSecrets(failure.said, failure.secrets))
    const answer = failure.status === undefined ? 'was not answered' : `answered ${failure.status}`
    const url = lineForPeople(maskSecrets(failure.url, failure.secrets))
    super('API_FAILED', `${failure.method} ${url} ${answer}`, {
      seen: said,
      where: requestId && `request ${requestId}`,
      cause: failure.cause,
    })
    this.name = 'ApiError'
    this.method = failure.method
    this.url = url
    this.status = failure.status
    this.said = said
    this.requestId = requestId
  }
}

/** True for an ApiError with that HTTP status. */
export function hasStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status
}

type Headers = Record<string, string | string[] | undefined>

/** The id under which a service logged a request; each service has its own header for it. */
export function requestIdOf(headers: Headers): string | undefined {
  for (const name of ['x-openstack-request-id', 'x-compute-request-id', 'x-trans-id']) {
    const value = headers[name]
    if (typeof value === 'string') return value
  }
  return undefined
}

/**
 * What a service says in the body of an error answer. The forms: Keystone `{error: {message}}`; Nova and Cinder
 * `{badRequest: {message}}` with the fault's name as key; Neutron `{NeutronError: {message}}`; Placement
 * `{errors: [{detail}]}`; WSGI middleware `{message}`; Glance and Swift an HTML page.
 */
export function openstackMessage(body: string): string {
  const text = body.trim()
  if (text === '') return 'an empty body'
  try {
    return messageIn(JSON.parse(text)) ?? shortened(text)
  } catch {
    return shortened(text.startsWith('<') ? htmlText(text) : text)
  }
}

/** Nobody nests deeper; a hostile answer may, beyond what a stack holds. */
const deepest = 8

function messageIn(value: unknown, depth = 0): string | undefined {
  if (depth > deepest) return undefined
  if (typeof value === 'string') return value
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) {
      const message = messageIn(entry, depth + 1)
      if (message !== undefined) return message
    }
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  for (const key of ['message', 'detail', 'faultstring']) {
    const message = fields[key]
    if (typeof message === 'string' && message !== '') return message.replace(/<br *\/?>/g, ' ').trim()
  }
  const inner = Object.values(fields).filter((field) => typeof field === 'object')
  if (typeof fields['NeutronError'] === 'string') return fields['NeutronError']
  return inner.length === 1 ? messageIn(inner[0], depth + 1) : undefined
}

function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}
