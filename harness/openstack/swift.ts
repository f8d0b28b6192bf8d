import type { Service } from './service.js'

/** What an account holds. */
export interface Account {
  containers: number
  objects: number
  bytes: number
}

/** Object Storage API v1, docs.openstack.org/api-ref/object-store; in quotes the sections of that page. */
export class Swift {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
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
}
