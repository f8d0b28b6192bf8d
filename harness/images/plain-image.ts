import * as z from 'zod'
import type { Image } from './image.js'
import { readQemubootConf } from './qemuboot-conf.js'

/** An image as it is written down beside what was made of it. */
export type PlainImage = Omit<Image, 'conf'> & {
  /** Path of the image's. */
  conf: string
}

const hasText = (value: unknown, ...keys: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  keys.every((key) => typeof (value as Record<string, unknown>)[key] === 'string')

export const plainImageSchema = z.custom<PlainImage>((value) => hasText(value, 'name', 'folder', 'conf'))

export const plainImage = (image: Image): PlainImage => ({ ...image, conf: image.conf.file })

/** Throws when it was built anew, or removed, since then. */
export const imageFromPlain = ({ conf, ...image }: PlainImage): Image => ({
  ...image,
  conf: readQemubootConf(conf),
})
