import type { Locator, Page } from 'playwright-core'
import { milliseconds, type Duration } from '../duration.js'

/** One row of Project > Compute > Instances. */
export interface InstanceRow {
  id: string
  name: string
  image: string
  /** The text of the address cell: one or several addresses. */
  addresses: string
  flavor: string
  status: string
  availabilityZone: string
  task: string
  powerState: string
}

interface HorizonOptions {
  /** For one page to load, emulated nodes are slow; default 120 s. */
  timeout?: Duration
}

/**
 * Horizon 23 (Zed) as a person at a browser sees it. The selectors follow horizon/templates/auth/_login_form.html,
 * horizon/templates/horizon/common/_data_table.html and openstack_dashboard/templates/header/_user_menu.html.
 */
export class Horizon {
  readonly page: Page
  readonly #baseUrl: string
  readonly #timeout: number

  private constructor(page: Page, baseUrl: string, timeout: number) {
    this.page = page
    this.#baseUrl = baseUrl
    this.#timeout = timeout
  }

  /** Opens the login page of the Horizon at `baseUrl`, such as `http://controller:8080/`. */
  static async open(page: Page, baseUrl: string, options: HorizonOptions = {}): Promise<Horizon> {
    const timeout = milliseconds(options.timeout ?? '120s')
    const horizon = new Horizon(page, baseUrl.replace(/\/*$/, '/'), timeout)
    await horizon.#visit('auth/login/')
    await horizon.#loginForm().waitFor({ timeout })
    return horizon
  }

  /**
   * Fills in the login form and presses Sign In. Returns true when Horizon lets the user in, false when it shows the
   * form again: `loginError()` has its words then.
   */
  async logIn(credentials: { username: string; password: string; domain?: string }): Promise<boolean> {
    const { page } = this
    await page.locator('#id_username').fill(credentials.username)
    await page.locator('#id_password').fill(credentials.password)
    // Only clouds with several domains ask for one.
    const domain = page.locator('#id_domain')
    if ((await domain.count()) > 0) await domain.fill(credentials.domain ?? 'Default')
    const loaded = page.waitForEvent('domcontentloaded', { timeout: this.#timeout })
    await page.locator('#loginBtn').click({ timeout: this.#timeout })
    await loaded
    await this.#user().or(this.#loginForm()).first().waitFor({ state: 'attached', timeout: this.#timeout })
    return (await this.#user().count()) > 0
  }

  /** What the login form complains about; undefined when it does not. */
  async loginError(): Promise<string | undefined> {
    const error = this.page.locator('.login .alert-danger, .login .has-error .help-block').first()
    return (await error.count()) > 0 ? (await error.innerText()).trim() : undefined
  }

  /** Name of the user who is logged in, as the menu in the corner has it; undefined when nobody is. */
  async userName(): Promise<string | undefined> {
    return (await this.#user().count()) > 0 ? (await this.#user().innerText()).trim() : undefined
  }

  /** Opens Project > Compute > Overview; its limits by title, such as `Instances` -> `Used 1 of 10`. */
  async overview(): Promise<Record<string, string>> {
    await this.#visit('project/')
    const charts = this.page.locator('.d3_quota_bar')
    await charts.first().waitFor({ timeout: this.#timeout })
    const limits: Record<string, string> = {}
    for (const chart of await charts.all()) {
      const title = (await chart.locator('.quota_title').innerText()).trim()
      limits[title] = (await chart.locator('.quota_subtitle').innerText()).trim()
    }
    return limits
  }

  /** Opens Project > Compute > Instances; its rows. */
  async instances(): Promise<InstanceRow[]> {
    await this.#visit('project/instances/')
    const table = this.page.locator('table#instances')
    await table.waitFor({ timeout: this.#timeout })
    const titles = await table.locator('tr.table_column_header th').allInnerTexts()
    const rows: InstanceRow[] = []
    for (const row of await table.locator('tbody tr[data-object-id]').all()) {
      rows.push(await this.#instance(row, titles))
    }
    return rows
  }

  /** The errors that Horizon shows on the page it is on. */
  async errors(): Promise<string[]> {
    const messages = await this.page.locator('#main_content .messages .alert-danger').allInnerTexts()
    return messages.map((message) => message.trim())
  }

  async #instance(row: Locator, titles: string[]): Promise<InstanceRow> {
    const cells = (await row.locator('td').allInnerTexts()).map((cell) => cell.trim())
    const cell = (title: string): string => {
      return cells[titles.findIndex((candidate) => candidate.trim() === title)] ?? ''
    }
    return {
      id: (await row.getAttribute('data-object-id')) ?? '',
      name: cell('Instance Name'),
      image: cell('Image Name'),
      addresses: cell('IP Address'),
      flavor: cell('Flavor'),
      status: cell('Status'),
      availabilityZone: cell('Availability Zone'),
      task: cell('Task'),
      powerState: cell('Power State'),
    }
  }

  async #visit(path: string): Promise<void> {
    // 'load' would wait for every script and font of a page that can be read long before.
    await this.page.goto(this.#baseUrl + path, { waitUntil: 'domcontentloaded', timeout: this.#timeout })
  }

  #loginForm(): Locator {
    return this.page.locator('.login form #loginBtn, form .login #loginBtn, #loginBtn').first()
  }

  #user(): Locator {
    return this.page.locator('.user-menu .user-name').first()
  }
}
