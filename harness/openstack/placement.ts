import * as z from 'zod'
import type { Service } from './service.js'
import { list, table } from './json.js'

const providerSchema = z.object({ uuid: z.string(), name: z.string(), generation: z.number() })
const inventorySchema = z.object({ total: z.number(), reserved: z.number(), allocation_ratio: z.number() })

export type ResourceProvider = z.infer<typeof providerSchema>
export type Inventory = z.infer<typeof inventorySchema>

/** Placement API, docs.openstack.org/api-ref/placement; in quotes the sections of that page. */
export class Placement {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** "List resource providers": one for each compute node. */
  async resourceProviders(): Promise<ResourceProvider[]> {
    const schema = z.object({ resource_providers: list(providerSchema) })
    return (await this.#service.json(schema, 'GET', '/resource_providers')).resource_providers
  }

  /** "List resource provider inventories": by class, such as `MEMORY_MB`. */
  async inventories(provider: string): Promise<Record<string, Inventory>> {
    const schema = z.object({ inventories: table(inventorySchema) })
    return (await this.#service.json(schema, 'GET', `/resource_providers/${provider}/inventories`))
      .inventories
  }

  /** "List resource provider allocations": who has something of it, as a server's id. */
  async consumers(provider: string): Promise<string[]> {
    const schema = z.object({ allocations: table(z.unknown()) })
    const path = `/resource_providers/${provider}/allocations`
    return Object.keys((await this.#service.json(schema, 'GET', path)).allocations)
  }
}
