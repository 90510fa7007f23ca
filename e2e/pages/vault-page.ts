import { readFileSync } from 'node:fs'
import { expect, type Locator, type Page } from '@playwright/test'

export class VaultPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** From the navigation, as the only vault. */
  static async open(page: Page): Promise<VaultPage> {
    await page.getByRole('navigation').getByRole('link', { name: 'Vaults' }).first().click()
    await page.getByRole('link', { name: 'Default vault' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Default vault' })).toBeVisible()
    return new VaultPage(page)
  }

  get id(): string {
    return this.#page.url().split('/').at(-1) ?? ''
  }

  /** A figure of what the vault holds, by its name. */
  figure(name: string): Locator {
    return this.#page
      .locator('dl > div', { has: this.#page.locator('dt', { hasText: name }) })
      .locator('dd')
      .first()
  }

  async check(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Check the vault' }).click()
    await expect(this.#page.getByText('Checked, no problem found')).toBeVisible()
  }

  /** Exports a key, downloads the kit, and proves it by three of its words. @returns the kit as it was downloaded, and its words */
  async exportKey(password: string): Promise<{ kit: string; words: string[] }> {
    await this.#page.getByRole('button', { name: 'Export the recovery key' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('Your password').fill('not the password')
    await dialog.getByRole('button', { name: 'Show the words' }).click()
    await expect(dialog.getByRole('alert')).toContainText('password')
    await dialog.getByLabel('Your password').fill(password)
    await dialog.getByRole('button', { name: 'Show the words' }).click()
    await expect(dialog.getByRole('listitem')).toHaveCount(24)
    const download = this.#page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download' }).click()
    const kit = readFileSync(await (await download).path(), 'utf8')
    const words = [...kit.matchAll(/^ ?\d+\. ([a-z]+)$/gm)].map(([, word = '']) => word)
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    const keep = dialog.getByRole('button', { name: 'I keep them' })
    await expect(keep).toBeDisabled()
    for (const field of await dialog.getByRole('textbox').all()) {
      const label = await field.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await field.fill(words[Number(/\d+/.exec(label)?.[0]) - 1] ?? '')
    }
    await keep.click()
    await expect(dialog).toBeHidden()
    return { kit, words }
  }

  /** What the hub says of words that somebody kept. */
  async testKey(text: string): Promise<string> {
    await this.#page.getByRole('button', { name: 'Test a kept key' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('The 24 words').fill(text)
    await dialog.getByRole('button', { name: 'Test', exact: true }).click()
    const answer = dialog.getByText(/^These words (do not )?open the vault$/)
    await expect(answer).toBeVisible()
    const said = (await answer.locator('..').textContent()) ?? ''
    await this.#page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
    return said
  }
}
