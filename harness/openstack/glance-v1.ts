import type { Readable } from 'node:stream'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { dataBody } from './body.js'
import {
  imageData,
  imageFailure,
  lengthOf,
  openFile,
  type Glance,
  type Image,
  type ImageData,
  type ImageFile,
  type NewImage,
} from './glance.js'
import { checked, type HttpAnswer, type HttpRequest } from './http.js'
import { resource } from './resource.js'
import type { Service } from './service.js'
import { list } from './json.js'

const imageSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  is_public: z.boolean(),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  size: z.number().nullish(),
  checksum: z.string().nullish(),
})

const oneImage = z.object({ image: imageSchema })

/** The same in headers: texts all, and what is null is left out. Python writes `True`. */
const headerSchema = imageSchema.extend({
  is_public: z.string().transform((text) => text.toLowerCase() === 'true'),
  size: z.coerce.number().optional(),
})

/**
 * Image API v1 (openstack/glance, api-ref/source/v1 at c241cc075~1); in quotes the sections there. What is known of an
 * image is said in headers.
 */
export class GlanceV1 implements Glance {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** "Create image", with its data. */
  async upload({ file, ...image }: NewImage & { file: ImageFile }): Promise<Image> {
    const contentLength = await lengthOf(file)
    const headers = headersOf(image)
    const answer = await this.#service.upload('POST', '/images', openFile(file), { headers, contentLength })
    const request = { method: 'POST', url: await this.#service.url('/images') } as const
    return this.#image(checked(oneImage, request, answer).image)
  }

  /** "Create image", reserved: without data yet, status `queued`. */
  async createImage(image: NewImage): Promise<Image> {
    const headers = headersOf(image)
    return this.#image((await this.#service.json(oneImage, 'POST', '/images', { headers })).image)
  }

  /** "Update image" with data, once and as it is: a stream that ends before `contentLength` bytes ends the connection. */
  async uploadData(id: string, body: Readable, options: { contentLength?: number } = {}): Promise<void> {
    await this.#service.upload('PUT', `/images/${id}`, body, options)
  }

  /** "Show image metadata" */
  async get(id: string): Promise<Image> {
    const request: HttpRequest = { method: 'HEAD', url: await this.#service.url(`/images/${id}`) }
    const answer = await this.#service.session.send(request)
    return this.#image(checked(headerSchema, request, answer, metadataOf(answer)))
  }

  /** "List images with details"; at most 1000. */
  async list(query: { name?: string; status?: string } = {}): Promise<Image[]> {
    const schema = z.object({ images: list(imageSchema) })
    const options = { query: { limit: 1000, ...query } }
    const { images } = await this.#service.json(schema, 'GET', '/images/detail', options)
    return images.map((image) => this.#image(image))
  }

  /**
   * "Show image details and image data", with its digests.
   *
   * @throws ApiError with status 404 when the image has no data.
   */
  async download(id: string): Promise<ImageData> {
    const headers = { accept: 'application/octet-stream' }
    const options = { headers, longest: dataBody }
    return imageData((await this.#service.send('GET', `/images/${id}`, options)).body)
  }

  /** "Delete image" */
  async delete(id: string): Promise<void> {
    await this.#service.send('DELETE', `/images/${id}`)
  }

  #image(body: z.infer<typeof imageSchema>): Image {
    const fields = {
      id: body.id,
      name: body.name ?? '',
      status: body.status,
      visibility: body.is_public ? 'public' : 'private',
      diskFormat: body.disk_format ?? undefined,
      containerFormat: body.container_format ?? undefined,
      // A reserved image is said to have 0 bytes.
      size: body.checksum ? (body.size ?? undefined) : undefined,
      checksum: body.checksum ?? undefined,
      hash: undefined,
    }
    return resource('image', fields, imageFailure(body.status), () => this.get(body.id))
  }
}

/** @throws StackrigError USAGE for a visibility that v1 does not have. */
function headersOf({ visibility = 'private', ...image }: NewImage): Record<string, string> {
  if (visibility !== 'public' && visibility !== 'private') {
    throw new StackrigError('USAGE', `image API v1 knows public and private images, not ${visibility} ones`)
  }
  const metadata = {
    name: image.name,
    disk_format: image.diskFormat ?? 'qcow2',
    container_format: image.containerFormat ?? 'bare',
    is_public: visibility === 'public',
    min_disk: image.minDisk,
    min_ram: image.minRam,
    ...Object.fromEntries(
      Object.entries(image.properties ?? {}).map(([name, value]) => [`property-${name}`, value]),
    ),
  }
  return Object.fromEntries(
    Object.entries(metadata)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`x-image-meta-${name}`, String(value)]),
  )
}

function metadataOf({ headers }: HttpAnswer): Record<string, unknown> {
  const prefix = 'x-image-meta-'
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}
