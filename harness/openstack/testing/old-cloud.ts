import { openCloud, type Cloud } from '../cloud.js'
import { recordedPeer } from './recorded.js'

/** A cloud of 2013 as its administrator sees it, and the requests it was asked. */
export async function oldCloud(
  ...files: string[]
): Promise<AsyncDisposable & { cloud: Cloud; asked: string[] }> {
  const peer = await recordedPeer('keystone-v2.http', ...files)
  const cloud = openCloud({
    dial: peer.dial,
    identityUrl: 'http://controller:5000/v2.0',
    apis: { identity: 'v2.0', image: 'v1', volume: 'v1' },
    username: 'admin',
    password: 'secretsecret',
    project: 'admin',
    domain: 'Default',
  })
  return {
    cloud,
    asked: peer.asked,
    [Symbol.asyncDispose]: async () => {
      cloud[Symbol.dispose]()
      await peer[Symbol.asyncDispose]()
    },
  }
}
