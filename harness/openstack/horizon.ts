import type { Locator, Page } from 'playwright-core'
import { Wizard } from './horizon-wizard.js'
import { milliseconds, type Duration } from '../duration.js'
import { withoutEnd } from '../without-end.js'

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
    const horizon = new Horizon(page, `${withoutEnd(baseUrl, '/')}/`, timeout)
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
    await Promise.all([
      page.waitForEvent('domcontentloaded', { timeout: this.#timeout }),
      page.locator('#loginBtn').click({ timeout: this.#timeout }),
    ])
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

  /** Project > Compute > Instances, "Launch Instance": from an image, without a volume. All are names. */
  async launchInstance(wanted: {
    name: string
    image: string
    flavor: string
    network: string
  }): Promise<void> {
    await this.#visit('project/instances/')
    await this.page.locator('#instances__action_launch-ng').click({ timeout: this.#timeout })
    const wizard = new Wizard(this.page, this.#timeout)
    await wizard.opened()
    await wizard.field('input#name').fill(wanted.name)
    await wizard.step('Source')
    await wizard.field('label#vol-create:visible', { hasText: 'No' }).click({ timeout: this.#timeout })
    await wizard.choose(wanted.image)
    await wizard.step('Flavor')
    await wizard.choose(wanted.flavor)
    await wizard.step('Networks')
    await wizard.choose(wanted.network)
    await wizard.finish()
  }

  /** Project > Compute > Images, "Create Image", with a file (qcow2) of the person's own machine. */
  async uploadImage(image: { name: string; file: string }): Promise<void> {
    await this.#visit('project/images')
    await this.page.getByRole('button', { name: 'Create Image' }).first().click({ timeout: this.#timeout })
    const wizard = new Wizard(this.page, this.#timeout)
    await wizard.opened()
    await wizard.field('#imageForm-name').fill(image.name)
    const [chooser] = await Promise.all([
      this.page.waitForEvent('filechooser', { timeout: this.#timeout }),
      wizard.field('#imageForm-image_file').click(),
    ])
    await chooser.setFiles(image.file)
    await wizard.field('#imageForm-format').selectOption({ label: 'QCOW2 - QEMU Emulator' })
    await wizard.finish()
  }

  /** Project > Volumes, "Create Volume": an empty one; size in GiB. */
  async createVolume(volume: { name: string; size: number }): Promise<void> {
    await this.#visit('project/volumes/')
    await this.page.locator('#volumes__action_create').click({ timeout: this.#timeout })
    const form = this.page.locator('.modal form')
    await form.locator('#id_name').fill(volume.name, { timeout: this.#timeout })
    await form.locator('#id_size').fill(String(volume.size))
    await this.#submit(form)
  }

  /** Project > Volumes, "Manage Attachments" of a volume; both are names. */
  async attachVolume(volume: string, instance: string): Promise<void> {
    await this.#visit('project/volumes/')
    const row = this.page.locator('table#volumes tbody tr', { hasText: volume })
    await row.locator('.dropdown-toggle').click({ timeout: this.#timeout })
    await row.locator('a[id$="action_attachments"]').click({ timeout: this.#timeout })
    const form = this.page.locator('.modal form')
    const choice = form.locator('#id_instance option', { hasText: instance })
    const value = await choice.getAttribute('value', { timeout: this.#timeout })
    await form.locator('#id_instance').selectOption(value, { force: true })
    await this.#submit(form)
  }

  /** Project > Volumes: name and status of each. */
  async volumes(): Promise<{ name: string; status: string }[]> {
    await this.#visit('project/volumes/')
    const table = this.page.locator('table#volumes')
    await table.waitFor({ timeout: this.#timeout })
    const titles = (await table.locator('tr.table_column_header th').allInnerTexts()).map((title) =>
      title.trim(),
    )
    const volumes: { name: string; status: string }[] = []
    for (const row of await table.locator('tbody tr[data-object-id]').all()) {
      const cells = (await row.locator('td').allInnerTexts()).map((cell) => cell.trim())
      volumes.push({
        name: cells[titles.indexOf('Name')] ?? '',
        status: cells[titles.indexOf('Status')] ?? '',
      })
    }
    return volumes
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

  /** Resolves when the form has closed, and the page below it is there again. */
  async #submit(form: Locator): Promise<void> {
    await Promise.all([
      this.page.waitForEvent('domcontentloaded', { timeout: this.#timeout }),
      form.locator('input[type="submit"]').click({ timeout: this.#timeout }),
    ])
  }

  #loginForm(): Locator {
    return this.page.locator('.login form #loginBtn, form .login #loginBtn, #loginBtn').first()
  }

  #user(): Locator {
    return this.page.locator('.user-menu .user-name').first()
  }
}
