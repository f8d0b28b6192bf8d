import type { Locator, Page } from 'playwright-core'

/**
 * The dialogue with steps that Horizon's newer pages open
 * (horizon/static/framework/widgets/wizard/wizard.html, …/transfer-table/transfer-table.html).
 */
export class Wizard {
  readonly #dialogue: Locator
  readonly #timeout: number

  /** @param timeout ms, for what Horizon has to ask its services. */
  constructor(page: Page, timeout: number) {
    this.#dialogue = page.locator('.ng-wizard')
    this.#timeout = timeout
  }

  async opened(): Promise<void> {
    await this.#finish().waitFor({ timeout: this.#timeout })
  }

  field(selector: string, options: { hasText?: string } = {}): Locator {
    return this.#dialogue.locator(selector, options)
  }

  /** Goes to the step with that title. */
  async step(title: string): Promise<void> {
    const link = this.#dialogue.locator('.wizard-nav a', { hasText: title })
    await link.click({ timeout: this.#timeout })
  }

  /** Moves the row with that text from the step's available ones to the chosen ones, where it may be already. */
  async choose(text: string): Promise<void> {
    const chosen = this.#dialogue.locator('.transfer-allocated:visible tr', { hasText: text }).first()
    const available = this.#dialogue.locator('.transfer-available:visible tr', { hasText: text }).first()
    await chosen.or(available).first().waitFor({ timeout: this.#timeout })
    if ((await chosen.count()) > 0) return
    await available.locator('action-list button, action-list .btn').first().click()
    await chosen.waitFor({ timeout: this.#timeout })
  }

  /** Presses the last button; resolves when the dialogue has closed, which it does when Horizon has done it. */
  async finish(): Promise<void> {
    await this.#finish().click({ timeout: this.#timeout })
    await this.#dialogue.waitFor({ state: 'hidden', timeout: this.#timeout })
  }

  #finish(): Locator {
    return this.#dialogue.locator('button.finish')
  }
}
