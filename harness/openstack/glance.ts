import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import * as z from 'zod'
import { ApiError } from './api-error.js'
import { dataBody } from './body.js'
import { resource, type Fresh } from './resource.js'
import type { Service } from './service.js'
import { list } from './json.js'

/** What an image is made of: a path, bytes, or a function that opens a stream. */
export type ImageFile = string | Buffer | (() => Readable)

export interface NewImage {
  name: string
  diskFormat?: string
  containerFormat?: string
  visibility?: 'public' | 'private' | 'shared' | 'community'
  /** GiB */
  minDisk?: number
  /** MiB */
  minRam?: number
  /** Further properties of the image, such as `hw_disk_bus`. */
  properties?: Record<string, string>
}

const imageSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  status: z.string(),
  visibility: z.string(),
  disk_format: z.string().nullable(),
  container_format: z.string().nullable(),
  size: z.number().nullable().optional(),
  checksum: z.string().nullable().optional(),
  os_hash_algo: z.string().nullable().optional(),
  os_hash_value: z.string().nullable().optional(),
  min_disk: z.number(),
  min_ram: z.number(),
})

interface ImageFields {
  id: string
  name: string
  /** `queued`, `saving`, `active`, … */
  status: string
  visibility: string
  diskFormat: string | undefined
  containerFormat: string | undefined
  /** Bytes, once there is data. */
  size: number | undefined
  /** MD5 of the data. */
  checksum: string | undefined
  /** Digest of the data, and its algorithm (`sha512`). */
  hash: { algorithm: string; value: string } | undefined
}

export type Image = Fresh<ImageFields>

export interface ImageData {
  data: Buffer
  md5: string
  sha256: string
  sha512: string
}

/** The image service as scenarios see it, whatever its version. */
export type Glance = Pick<GlanceV2, keyof GlanceV2>

/** Image API v2, docs.openstack.org/api-ref/image/v2; in quotes the sections of that page. */
export class GlanceV2 {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** "Create image" and "Upload binary image data"; returns the image as it is then, which is active. */
  async upload({ file, ...image }: NewImage & { file: ImageFile }): Promise<Image> {
    const contentLength = await lengthOf(file)
    const { id } = await this.createImage(image)
    await this.uploadData(id, openFile(file), contentLength === undefined ? {} : { contentLength })
    return this.get(id)
  }

  /** "Create image": without data yet, status `queued`. */
  async createImage(image: NewImage): Promise<Image> {
    const json = {
      ...image.properties,
      name: image.name,
      disk_format: image.diskFormat ?? 'qcow2',
      container_format: image.containerFormat ?? 'bare',
      visibility: image.visibility,
      min_disk: image.minDisk,
      min_ram: image.minRam,
    }
    return this.#image(await this.#service.json(imageSchema, 'POST', '/images', { json }))
  }

  /**
   * "Upload binary image data", once and as it is: a stream that ends before `contentLength` bytes ends the connection.
   *
   * @throws ApiError when Glance refuses, and always for a stream shorter than announced.
   */
  async uploadData(id: string, body: Readable, options: { contentLength?: number } = {}): Promise<void> {
    await this.#service.upload('PUT', `/images/${id}/file`, body, options)
  }

  /** "Show image" */
  async get(id: string): Promise<Image> {
    return this.#image(await this.#service.json(imageSchema, 'GET', `/images/${id}`))
  }

  /** "List images"; at most 1000. */
  async list(query: { name?: string; status?: string } = {}): Promise<Image[]> {
    const schema = z.object({ images: list(imageSchema) })
    const options = { query: { limit: 1000, ...query } }
    const { images } = await this.#service.json(schema, 'GET', '/images', options)
    return images.map((image) => this.#image(image))
  }

  /**
   * "Download binary image data", with its digests.
   *
   * @throws ApiError with status 204 when the image has no data.
   */
  async download(id: string): Promise<ImageData> {
    const headers = { accept: 'application/octet-stream' }
    const path = `/images/${id}/file`
    const { status, body } = await this.#service.send('GET', path, { headers, longest: dataBody })
    if (status === 204) {
      const url = await this.#service.url(path)
      throw new ApiError({ method: 'GET', url, status, said: 'the image has no data' })
    }
    return imageData(body)
  }

  /** "Delete image" */
  async delete(id: string): Promise<void> {
    await this.#service.send('DELETE', `/images/${id}`)
  }

  #image(body: z.infer<typeof imageSchema>): Image {
    const { os_hash_algo: algorithm, os_hash_value: value } = body
    const fields: ImageFields = {
      id: body.id,
      name: body.name ?? '',
      status: body.status,
      visibility: body.visibility,
      diskFormat: body.disk_format ?? undefined,
      containerFormat: body.container_format ?? undefined,
      size: body.size ?? undefined,
      checksum: body.checksum ?? undefined,
      hash: algorithm && value ? { algorithm, value } : undefined,
    }
    return resource('image', fields, imageFailure(body.status), () => this.get(body.id))
  }
}

export function imageData(data: Buffer): ImageData {
  const digest = (algorithm: string): string => createHash(algorithm).update(data).digest('hex')
  return { data, md5: digest('md5'), sha256: digest('sha256'), sha512: digest('sha512') }
}

/** From these states ("Image status" in Glance's docs) an image does not come back by itself. */
export function imageFailure(status: string): string | undefined {
  const reasons: Record<string, string> = {
    killed: 'an error occurred while its data was uploaded',
    deleted: 'it was deleted',
    pending_delete: 'it was deleted',
  }
  return reasons[status]
}

export async function lengthOf(file: ImageFile): Promise<number | undefined> {
  if (typeof file === 'string') return (await stat(file)).size
  return Buffer.isBuffer(file) ? file.length : undefined
}

export function openFile(file: ImageFile): Readable {
  if (typeof file === 'string') return createReadStream(file)
  return Buffer.isBuffer(file) ? Readable.from([file]) : file()
}
