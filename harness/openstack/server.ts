import * as z from 'zod'
import type { Fresh } from './resource.js'
import { list, table } from './json.js'

export const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  created: z.string(),
  // An instance booted from a volume has "" here.
  image: z.union([z.object({ id: z.string() }), z.literal('')]),
  flavor: z.object({ id: z.string() }),
  addresses: table(
    list(
      z.object({
        addr: z.string(),
        version: z.number(),
        'OS-EXT-IPS-MAC:mac_addr': z.string().optional(),
        'OS-EXT-IPS:type': z.string().optional(),
      }),
    ),
  ),
  fault: z.object({ code: z.number(), message: z.string(), details: z.string().optional() }).optional(),
  'OS-EXT-AZ:availability_zone': z.string().nullable().optional(),
  'OS-EXT-STS:task_state': z.string().nullable().optional(),
  'OS-EXT-STS:vm_state': z.string().nullable().optional(),
  'OS-EXT-SRV-ATTR:host': z.string().nullable().optional(),
  'OS-EXT-SRV-ATTR:instance_name': z.string().optional(),
})

export type ServerBody = z.infer<typeof serverSchema>

interface ServerAddress {
  /** Name of the network. */
  network: string
  address: string
  mac: string | undefined
  type: 'fixed' | 'floating'
}

export interface ServerFields {
  id: string
  name: string
  /** `BUILD`, `ACTIVE`, `ERROR`, … ("Server status" of the API guide) */
  status: string
  /** What Nova is doing with it (`scheduling`, `spawning`, `deleting`); undefined when nothing. */
  taskState: string | undefined
  vmState: string | undefined
  /** The name of its libvirt domain; only administrators see it, else ''. */
  instanceName: string
  /** The compute node it runs on; only administrators see it. */
  host: string | undefined
  availabilityZone: string | undefined
  addresses: ServerAddress[]
  /** Why it is in status ERROR. */
  fault: { code: number; message: string; details: string | undefined } | undefined
  imageId: string | undefined
  flavorId: string
  created: string
}

export type Server = Fresh<ServerFields>

/** The fields of "Show server details" in our names. */
export function serverFields(body: ServerBody): ServerFields {
  return {
    id: body.id,
    name: body.name,
    status: body.status,
    taskState: body['OS-EXT-STS:task_state'] ?? undefined,
    vmState: body['OS-EXT-STS:vm_state'] ?? undefined,
    instanceName: body['OS-EXT-SRV-ATTR:instance_name'] ?? '',
    host: body['OS-EXT-SRV-ATTR:host'] ?? undefined,
    availabilityZone: body['OS-EXT-AZ:availability_zone'] || undefined,
    addresses: Object.entries(body.addresses).flatMap(([network, addresses]) =>
      addresses.map((address) => ({
        network,
        address: address.addr,
        mac: address['OS-EXT-IPS-MAC:mac_addr'],
        type: address['OS-EXT-IPS:type'] === 'floating' ? ('floating' as const) : ('fixed' as const),
      })),
    ),
    fault: body.fault && { ...body.fault, details: body.fault.details },
    imageId: body.image === '' ? undefined : body.image.id,
    flavorId: body.flavor.id,
    created: body.created,
  }
}

/** Why a server will not become anything else: its fault, when it is in status ERROR. */
export function serverFailure(body: ServerBody): string | undefined {
  if (body.status === 'DELETED' || body.status === 'SOFT_DELETED') return 'it was deleted'
  if (body.status !== 'ERROR') return undefined
  return body.fault?.message.trim() ?? 'Nova gives no fault'
}
