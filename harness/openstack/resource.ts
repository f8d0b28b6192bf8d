import type { Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { waitFor } from '../waits/index.js'
import { hasStatus } from './api-error.js'

/** Something a service made, which has a state of its own and goes on changing. */
export interface Resource {
  /** `server`, `image`, `volume`, … */
  readonly kind: string
  readonly id: string
  readonly name: string
  /** As the service spells it: Nova `ACTIVE`, Glance `active`. */
  readonly status: string
  /** Why no other state can be expected any more (a server's fault, a killed image); undefined while all is well. */
  readonly failure: string | undefined
  /** The same resource as it is now; ApiError with status 404 when it is gone. */
  refresh(): Promise<Resource>
}

/** A resource with its fields: `refresh` gives the same type again. */
export type Fresh<Fields> = Omit<Resource, 'refresh'> & Fields & { refresh(): Promise<Fresh<Fields>> }

export interface ResourceWait {
  timeout: Duration
  interval?: Duration
  signal?: AbortSignal | undefined
  diagnose?: (() => Promise<string>) | undefined
}

/** Puts a resource together; `refresh` is hidden from prints and comparisons. */
export function resource<Fields extends { id: string; name: string; status: string }>(
  kind: string,
  fields: Fields,
  failure: string | undefined,
  refresh: () => Promise<Fresh<Fields>>,
): Fresh<Fields> {
  const made = { kind, ...fields, failure }
  return Object.defineProperty(made, 'refresh', { value: refresh, enumerable: false }) as Fresh<Fields>
}

/** `server web (b1f5…)`, for messages. */
function describe(resource: Resource): string {
  return `${resource.kind} ${resource.name || 'without a name'} (${resource.id})`
}

/** What is to be said of a resource's state: `BUILD`, or `ERROR: No valid host was found`. */
function stateOf(resource: Resource): string {
  return resource.failure === undefined ? resource.status : `${resource.status}: ${resource.failure}`
}

/**
 * Waits until the resource has that status (upper or lower case), and returns it as it is then.
 *
 * @throws StackrigError UNEXPECTED_STATE at once when it fails or is gone; WAIT_TIMEOUT with the last status.
 */
export async function become<Fields>(
  resource: Fresh<Fields>,
  status: string,
  wait: ResourceWait,
): Promise<Fresh<Fields>> {
  const wanted = status.toUpperCase()
  return waitFor(
    `${describe(resource)} to become ${status}`,
    async () => {
      const now = await resource.refresh().catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error
        throw unexpected(resource, status, 'it is gone', error)
      })
      if (now.status.toUpperCase() === wanted) return { done: true, value: now }
      if (now.failure !== undefined) throw unexpected(resource, status, stateOf(now))
      return { done: false, seen: `status ${now.status}` }
    },
    { interval: '500ms', ...wait },
  )
}

/**
 * Waits until the service answers 404 for the resource.
 *
 * @throws StackrigError WAIT_TIMEOUT with the last status.
 */
export async function deleted(resource: Resource, wait: ResourceWait): Promise<void> {
  await waitFor(
    `${describe(resource)} to be gone`,
    async () => {
      try {
        const now = await resource.refresh()
        return { done: false, seen: `still there with status ${stateOf(now)}` }
      } catch (error) {
        if (hasStatus(error, 404)) return { done: true, value: undefined }
        throw error
      }
    },
    { interval: '500ms', ...wait },
  )
}

function unexpected(resource: Resource, wanted: string, seen: string, cause?: unknown): StackrigError {
  return new StackrigError('UNEXPECTED_STATE', `${describe(resource)} was to become ${wanted}`, {
    seen,
    cause,
  })
}
