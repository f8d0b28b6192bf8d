import { resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'
import type { Depot } from './depot.js'
import { FolderDepot } from './folder-depot.js'
import { ServerDepot } from './server-depot.js'

/** A depot to fetch from. @param place a folder, or the address of a file server */
export function openDepot(place: string): Depot {
  return isAddress(place) ? new ServerDepot(place) : new FolderDepot(resolve(place))
}

/** A depot to bring something to. @throws StackrigError USAGE for a file server. */
export function openFolder(place: string): FolderDepot {
  if (!isAddress(place)) return new FolderDepot(resolve(place))
  throw new StackrigError('USAGE', 'golden snapshots are pushed to a folder', {
    seen: 'the address of a file server, of which one can only pull',
    next: 'push to the folder that it shows, where that can be written',
  })
}

const isAddress = (place: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(place)
