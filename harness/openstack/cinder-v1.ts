import { z } from 'zod'
import {
  volumeResource,
  volumeServicesSchema,
  type Cinder,
  type Volume,
  type VolumeService,
} from './cinder.js'
import type { Service } from './service.js'

const volumeSchema = z.object({
  id: z.string(),
  display_name: z.string().nullable(),
  status: z.string(),
  size: z.number(),
  bootable: z.string().default('false'),
  // Cinder leaves the device out while it does not know it.
  attachments: z.array(z.object({ server_id: z.string(), device: z.string().default('') })),
})

/**
 * Block Storage API v1 (openstack/cinder, api-ref/source/v1 at f4c446586~1); in quotes the sections there. The address in
 * the catalogue has the tenant.
 */
export class CinderV1 implements Cinder {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** The extension os-services, not in the reference: cinder/api/contrib/services.py, since 2013.1. */
  async services(): Promise<VolumeService[]> {
    return (await this.#service.json(volumeServicesSchema, 'GET', '/os-services')).services
  }

  /** "Create volume" */
  async createVolume({ name, size }: { name: string; size: number }): Promise<Volume> {
    const schema = z.object({ volume: volumeSchema })
    const json = { volume: { display_name: name, size } }
    return this.#volume((await this.#service.json(schema, 'POST', '/volumes', { json })).volume)
  }

  /** "Show volume details" */
  async volume(id: string): Promise<Volume> {
    const schema = z.object({ volume: volumeSchema })
    return this.#volume((await this.#service.json(schema, 'GET', `/volumes/${id}`)).volume)
  }

  /** "List volumes, with details" */
  async volumes(): Promise<Volume[]> {
    const schema = z.object({ volumes: z.array(volumeSchema) })
    const { volumes } = await this.#service.json(schema, 'GET', '/volumes/detail')
    return volumes.map((volume) => this.#volume(volume))
  }

  /** "Delete volume" */
  async deleteVolume(id: string): Promise<void> {
    await this.#service.send('DELETE', `/volumes/${id}`)
  }

  #volume({ display_name: name, ...body }: z.infer<typeof volumeSchema>): Volume {
    return volumeResource({ ...body, name }, () => this.volume(body.id))
  }
}
