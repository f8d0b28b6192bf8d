import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { Overlay } from '../scenario/index.js'

/** `NODE=FOLDER`; collects what the option is given several times. */
export function overlayOption(text: string, before: readonly Overlay[] = []): Overlay[] {
  const [, node, folder] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (node === undefined || folder === undefined) throw new InvalidArgumentError('NODE=FOLDER is wanted')
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new InvalidArgumentError(`there must be a folder ${folder}`)
  return [...before, { node, folder: resolve(folder) }]
}
