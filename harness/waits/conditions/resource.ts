/** Something that an OpenStack service made, as it was when it was last asked for. */
export interface Refreshable<Fresh> {
  readonly kind: string
  readonly id: string
  readonly name: string
  /** As it is now; rejects with an error of `status` 404 when it is gone. */
  refresh(): Promise<Fresh>
}

/** `server web (b1f5…)`, for messages. */
export function nameOf({ kind, name, id }: Refreshable<unknown>): string {
  return `${kind} ${name || 'without a name'} (${id})`
}

/** The service answered 404. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 404
}
