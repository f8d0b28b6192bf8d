import { expect as vitestExpect } from 'vitest'
import type { Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { become, deleted, type Resource } from '../openstack/index.js'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars -- as vitest declares it
  interface Matchers<T = any> {
    /**
     * Waits until a server, image, volume … has that status; default time-out 5 min. Fails at once, with the service's
     * own reason, when the resource can no longer get there.
     */
    toBecome(status: string, options?: { timeout?: Duration }): Promise<void>
    /** Waits until the service answers 404 for the resource; default time-out 2 min. */
    toBeGone(options?: { timeout?: Duration }): Promise<void>
  }
}

function withMatchers(): typeof vitestExpect {
  vitestExpect.extend({
    async toBecome(
      received: Parameters<typeof become>[0],
      status: string,
      options: { timeout?: Duration } = {},
    ) {
      const wait = become(received, status, { timeout: options.timeout ?? '5min' })
      return outcome(wait, { contrary: `not to become ${status}`, isNot: this.isNot })
    },
    async toBeGone(received: Resource, options: { timeout?: Duration } = {}) {
      const wait = deleted(received, { timeout: options.timeout ?? '2min' })
      return outcome(wait, { contrary: 'not to be gone', isNot: this.isNot })
    },
  })
  return vitestExpect
}

/**
 * A resource that does not get there is the product's failure, with the code of its wait. With `not`, that is the answer that was
 * wanted; what is no answer to the question is thrown all the same: `not` must not make a pass of a node that crashed, nor of a service that did
 * not answer at the end of the wait, which is the cause of its time-out then.
 */
async function outcome(
  wait: Promise<unknown>,
  { contrary, isNot }: { contrary: string; isNot: boolean },
): Promise<{ pass: boolean; message: () => string }> {
  try {
    await wait
    return { pass: true, message: () => `expected the resource ${contrary}` }
  } catch (error) {
    const answered =
      error instanceof StackrigError &&
      (error.code === 'UNEXPECTED_STATE' || (error.code === 'WAIT_TIMEOUT' && error.cause === undefined))
    if (!answered || !isNot) throw error
    return { pass: false, message: () => error.message }
  }
}

/** vitest's, with the matchers above: whoever imports it has them. */
export const expect = withMatchers()
