import * as z from 'zod'
import { CinderV3 } from './cinder.js'
import { list } from './json.js'

/**
 * Block Storage API v1 (openstack/cinder, api-ref/source/v1 at f4c446586~1). The address in the catalogue has the tenant.
 * os-services is an extension, not in the reference: cinder/api/contrib/services.py, since 2013.1.
 */
export class CinderV1 extends CinderV3 {
  protected override readonly volumeSchema = z
    .object({
      id: z.string(),
      display_name: z.string().nullable(),
      status: z.string(),
      size: z.number(),
      bootable: z.string().default('false'),
      // Cinder leaves the device out while it does not know it.
      attachments: list(z.object({ server_id: z.string(), device: z.string().default('') })),
    })
    .transform(({ display_name: name, ...body }) => ({ ...body, name }))

  protected override wordsFor({ name, size }: { name: string; size: number }): object {
    return { display_name: name, size }
  }
}
