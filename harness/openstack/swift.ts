import * as z from 'zod'
import { dataBody } from './body.js'
import type { HttpAnswer } from './http.js'
import type { Service } from './service.js'
import { list } from './json.js'

/** What an account holds. */
export interface Account {
  containers: number
  objects: number
  bytes: number
}

/** An object with its data, or with the part of it that was asked for. */
export interface StoredObject {
  data: Buffer
  /** The data's MD5 in hex; of a large object the MD5 of its segments' ETags. */
  etag: string
  /** `bytes 0-9/100` for a part. */
  range: string | undefined
}

const entrySchema = z
  .object({ name: z.string(), bytes: z.number(), hash: z.string() })
  .transform(({ name, bytes, hash }) => ({ name, bytes, md5: hash }))

export type ObjectEntry = z.infer<typeof entrySchema>

/** Object Storage API v1, docs.openstack.org/api-ref/object-store; in quotes the sections of that page. */
export class Swift {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** The account's address; below it lie the containers. */
  url(): Promise<string> {
    return this.#service.url('')
  }

  /** "Show account metadata" of the cloud's project. */
  async account(): Promise<Account> {
    const { headers } = await this.#service.send('HEAD', '')
    const count = (name: string): number => Number(headers[name] ?? Number.NaN)
    return {
      containers: count('x-account-container-count'),
      objects: count('x-account-object-count'),
      bytes: count('x-account-bytes-used'),
    }
  }

  /** "Create container"; one that is there stays as it is. */
  async createContainer(container: string): Promise<void> {
    await this.#service.send('PUT', path(container))
  }

  /** "Show container details and list objects" */
  async objects(container: string): Promise<ObjectEntry[]> {
    const query = { format: 'json' }
    return this.#service.json(list(entrySchema), 'GET', path(container), { query })
  }

  /** "Delete container"; refused with status 409 while there are objects in it. */
  async deleteContainer(container: string): Promise<void> {
    await this.#service.send('DELETE', path(container))
  }

  /**
   * "Create or replace object"; its ETag. With `md5` Swift refuses other data with status 422.
   */
  async put(
    container: string,
    object: string,
    data: Buffer | string,
    options: { md5?: string } = {},
  ): Promise<string> {
    const headers = {
      'content-type': 'application/octet-stream',
      ...(options.md5 !== undefined && { etag: options.md5 }),
    }
    const body = Buffer.from(data)
    return etagOf(await this.#service.send('PUT', path(container, object), { headers, body }))
  }

  /**
   * A large object out of segments ("Dynamic large objects" in Swift's docs): whoever reads it gets all objects of the
   * container whose names begin with the prefix, in the order of their names.
   */
  async putManifest(container: string, object: string, prefix: string): Promise<void> {
    const headers = { 'x-object-manifest': encodeURI(prefix) }
    await this.#service.send('PUT', path(container, object), { headers, body: Buffer.alloc(0) })
  }

  /** "Get object content and metadata"; `range` counts bytes from 0, both ends included. */
  async get(
    container: string,
    object: string,
    options: { range?: { from: number; to: number } } = {},
  ): Promise<StoredObject> {
    const { range } = options
    const headers = {
      accept: 'application/octet-stream',
      ...(range && { range: `bytes=${range.from}-${range.to}` }),
    }
    const answer = await this.#service.send('GET', path(container, object), { headers, longest: dataBody })
    const part = answer.headers['content-range']
    return { data: answer.body, etag: etagOf(answer), range: typeof part === 'string' ? part : undefined }
  }

  /** "Delete object" */
  async delete(container: string, object: string): Promise<void> {
    await this.#service.send('DELETE', path(container, object))
  }
}

const path = (container: string, object?: string): string =>
  [container, ...(object === undefined ? [] : object.split('/'))]
    .map((part) => `/${encodeURIComponent(part)}`)
    .join('')

/** Large objects have theirs in quotes. */
function etagOf({ headers }: HttpAnswer): string {
  return String(headers['etag'] ?? '').replaceAll('"', '')
}
