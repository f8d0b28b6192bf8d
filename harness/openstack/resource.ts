import type { Duration } from '../duration.js'
import { resourceGone, resourceStatus, waitFor } from '../waits/index.js'

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

/**
 * Waits until the resource has that status (upper or lower case), and returns it as it is then.
 *
 * @throws StackrigError UNEXPECTED_STATE at once when it fails or is gone; WAIT_TIMEOUT with every status it had.
 */
export async function become<Fields>(
  resource: Fresh<Fields>,
  status: string,
  wait: ResourceWait,
): Promise<Fresh<Fields>> {
  return waitFor(resourceStatus(resource, status), wait)
}

/**
 * Waits until the service answers 404 for the resource.
 *
 * @throws StackrigError WAIT_TIMEOUT with every status it had.
 */
export async function deleted(resource: Resource, wait: ResourceWait): Promise<void> {
  await waitFor(resourceGone(resource), wait)
}
