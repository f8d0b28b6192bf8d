import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { KeyPart } from '../snapshot/index.js'
import { chunkSize } from './cut.js'

/** Names that lead to no other folder. */
const plainName = z.string().regex(/^[\w+-][\w.+-]*$/)
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** A folder whose files are kept as chunks. */
const folderSchema = z.strictObject({
  /** The text of its manifest, which says what its files are when they are put together. */
  manifest: z.string(),
  links: z.record(plainName, plainName),
  files: z.record(
    plainName,
    z.strictObject({
      size: z.int().nonnegative(),
      chunks: z.array(z.union([digest, z.int().positive()])),
    }),
  ),
})

/** A part of a snapshot's key: the text, or of a long one its digest. */
const partsSchema = z.array(z.strictObject({ what: z.string(), value: z.string() }))

const goldenSchema = z.strictObject({
  format: z.literal('stackrig-golden'),
  version: z.literal(1),
  chunkSize: z.literal(chunkSize),
  /** The topology or stage, by name. */
  start: z.string(),
  pushed: z.iso.datetime(),
  /** Where it was made. */
  host: z.strictObject({
    qemu: z.string(),
    accelerator: z.enum(['kvm', 'tcg']),
    processor: z.string().optional(),
  }),
  /** `snapshotIdentity` where it was made. */
  identity: digest,
  /** What its key is a digest of; first what is known without images. Paths of images are left out. */
  general: partsSchema,
  parts: partsSchema,
  golden: folderSchema,
  /** Those that are not in a depot, for they were imported, have no folder here. */
  images: z.array(
    z.strictObject({
      name: plainName,
      digest: z.string(),
      build: z.string(),
      folder: folderSchema.optional(),
    }),
  ),
})

/** What a depot says of a folder. */
export type FolderNote = z.infer<typeof folderSchema>
/** What a depot says of a golden snapshot. */
export type GoldenNote = z.infer<typeof goldenSchema>
export type PlainPart = GoldenNote['parts'][number]

/** @returns undefined when it is not of its form */
export function parseGoldenNote(text: string): GoldenNote | undefined {
  try {
    return goldenSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The same, of a list of chunks that this machine keeps for itself. */
export function parseFolderNote(text: string): FolderNote | undefined {
  try {
    return folderSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

const longestText = 200

/**
 * Parts of a key as texts that are the same on two machines.
 * @param folders of images, which may lie elsewhere there
 */
export function plainParts(parts: readonly KeyPart[], folders: readonly string[] = []): PlainPart[] {
  return parts.map(({ what, value }) => {
    const text = folders.reduce(
      (whole, folder) => whole.replaceAll(JSON.stringify(folder).slice(1, -1), 'IMAGE'),
      JSON.stringify(value ?? null),
    )
    return { what, value: text.length <= longestText ? text : sha256(text) }
  })
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What of those parts is another there. */
export const differing = (here: readonly PlainPart[], there: readonly PlainPart[]): string[] =>
  here
    .filter(({ what, value }) => there.find((part) => part.what === what)?.value !== value)
    .map(({ what }) => what)
