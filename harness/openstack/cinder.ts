import * as z from 'zod'
import { resource, type Fresh } from './resource.js'
import type { Service } from './service.js'
import { list } from './json.js'

const serviceSchema = z.object({
  binary: z.string(),
  host: z.string(),
  zone: z.string(),
  status: z.enum(['enabled', 'disabled']),
  state: z.enum(['up', 'down']),
})

export type VolumeService = z.infer<typeof serviceSchema>

const servicesSchema = z.object({ services: list(serviceSchema) })

const volumeSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  status: z.string(),
  size: z.number(),
  bootable: z.string(),
  attachments: list(z.object({ server_id: z.string(), device: z.string() })),
})

interface VolumeFields {
  id: string
  name: string
  /** `creating`, `available`, `in-use`, `error`, … */
  status: string
  /** GiB */
  size: number
  bootable: boolean
  attachments: { serverId: string; device: string }[]
}

export type Volume = Fresh<VolumeFields>

/** The block storage service as scenarios see it, whatever its version. */
export type Cinder = Pick<CinderV3, keyof CinderV3>

/**
 * Block Storage API v3, docs.openstack.org/api-ref/block-storage/v3; in quotes the sections of that page. v1 differs in the
 * words for a volume only.
 */
export class CinderV3 {
  protected readonly volumeSchema: z.ZodType<z.infer<typeof volumeSchema>> = volumeSchema
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** What a new volume is asked for with; size in GiB. */
  protected wordsFor(volume: { name: string; size: number }): object {
    return volume
  }

  /** "List All Cinder Services" */
  async services(): Promise<VolumeService[]> {
    return (await this.#service.json(servicesSchema, 'GET', '/os-services')).services
  }

  /**
   * "Create a volume"; size in GiB; returns at once, with status `creating`.
   * @param volume with `image`, the volume begins as a copy of that image
   */
  async createVolume({
    image,
    ...volume
  }: {
    name: string
    size: number
    image?: { id: string }
  }): Promise<Volume> {
    const schema = z.object({ volume: this.volumeSchema })
    const json = { volume: { ...this.wordsFor(volume), ...(image && { imageRef: image.id }) } }
    return this.#volume((await this.#service.json(schema, 'POST', '/volumes', { json })).volume)
  }

  /** "Show a volume's details" */
  async volume(id: string): Promise<Volume> {
    const schema = z.object({ volume: this.volumeSchema })
    return this.#volume((await this.#service.json(schema, 'GET', `/volumes/${id}`)).volume)
  }

  /** "List accessible volumes with details" */
  async volumes(): Promise<Volume[]> {
    const schema = z.object({ volumes: list(this.volumeSchema) })
    const { volumes } = await this.#service.json(schema, 'GET', '/volumes/detail')
    return volumes.map((volume) => this.#volume(volume))
  }

  /** "Delete a volume"; it is gone some time later: `deleted(volume)` waits for that. */
  async deleteVolume(id: string): Promise<void> {
    await this.#service.send('DELETE', `/volumes/${id}`)
  }

  #volume(body: z.infer<typeof volumeSchema>): Volume {
    const fields: VolumeFields = {
      id: body.id,
      name: body.name ?? '',
      status: body.status,
      size: body.size,
      bootable: body.bootable === 'true',
      attachments: body.attachments.map(({ server_id, device }) => ({ serverId: server_id, device })),
    }
    // Cinder keeps the reason in its log and in "messages", not in the volume.
    const failure = body.status.startsWith('error') ? 'Cinder gives the reason in its log only' : undefined
    return resource('volume', fields, failure, () => this.volume(body.id))
  }
}
