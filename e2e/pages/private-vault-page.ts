import { expect, type Page } from '@playwright/test'

export interface MadeVault {
  readonly id: string
  readonly words: readonly string[]
  readonly fingerprint: string
}

/** A private vault in the console: made, locked, unlocked, and devices let in. */
export class PrivateVaultPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** Makes one from the list of vaults, with three of its words typed again. */
  static async make(page: Page, name: string, secrets: { readonly passphrase: string; readonly password: string }): Promise<MadeVault> {
    await page.getByRole('navigation').getByRole('link', { name: 'Vaults' }).first().click()
    await page.getByRole('button', { name: 'New private vault' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name of the vault').fill(name)
    await dialog.getByLabel('Passphrase', { exact: true }).fill(secrets.passphrase)
    await dialog.getByLabel('The same again').fill(secrets.passphrase)
    await dialog.getByRole('button', { name: 'Make the keys' }).click()
    const list = dialog.getByRole('list', { name: 'The 24 recovery words' })
    await expect(list.getByRole('listitem')).toHaveCount(24)
    const words = (await list.getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/[^a-z]/g, ''))
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    const store = dialog.getByRole('button', { name: 'Make the vault' })
    await expect(store).toBeDisabled()
    for (const field of await dialog.getByRole('textbox').all()) {
      const label = await field.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent ?? '')
      await field.fill(words[Number(/\d+/.exec(label)?.[0]) - 1] ?? '')
    }
    // Asked for where it is sent: a mistyped one is typed again, and the words stay good.
    await dialog.getByLabel('Your password').fill(`${secrets.password}?`)
    await store.click()
    await expect(dialog.getByRole('alert')).toBeVisible()
    await dialog.getByLabel('Your password').fill(secrets.password)
    await store.click()
    const fingerprint = await fingerprintIn(dialog.getByLabel(/^Fingerprint of the vault/))
    await dialog.getByRole('link', { name: 'Open the vault' }).click()
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
    return { id: page.url().split('/').at(-1) ?? '', words, fingerprint }
  }

  async expectUnlocked(): Promise<void> {
    await expect(this.#page.getByText('Unlocked in this page')).toBeVisible()
  }

  async lock(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Lock', exact: true }).click()
    await expect(this.#page.getByLabel('Passphrase of the vault')).toBeVisible()
  }

  /** Puts another passphrase in the place of the only one, weak or not. */
  async changePassphrase(next: string, password: string): Promise<void> {
    const keys = this.#page.getByRole('region', { name: 'Keys of this vault' })
    const key = keys.getByRole('button', { name: /^More: Passphrase/ })
    const old = (await key.getAttribute('aria-label')) ?? ''
    await key.click()
    await this.#page.getByRole('menuitem', { name: 'Change it' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill(next)
    await dialog.getByLabel('The same again').fill(next)
    await dialog.getByLabel('Your password').fill(password)
    await dialog.getByRole('button', { name: 'Change it' }).click()
    // The old one goes last: then there is one again, and another.
    await expect(keys.getByRole('button', { name: old })).toBeHidden()
    await expect(key).toHaveCount(1)
  }

  /** Lets in the one device that waits. @returns what the console shows of it for comparing */
  async letIn(): Promise<string> {
    const fingerprint = await fingerprintIn(this.#page.getByLabel(/^Fingerprint of the device/))
    const approve = this.#page.getByRole('button', { name: 'Let it in' })
    await expect(approve).toBeDisabled()
    await this.#page.getByLabel('The device shows the same fingerprint').check()
    await approve.click()
    await expect(approve).toBeHidden()
    return fingerprint
  }

  /** On this page or in place of a folder: with the passphrase, or words. */
  async unlock(secret: { readonly passphrase: string } | { readonly words: string }): Promise<void> {
    if ('passphrase' in secret) await this.#page.getByLabel('Passphrase of the vault').fill(secret.passphrase)
    else {
      await this.#page.getByRole('radiogroup', { name: 'What opens it' }).getByText('Recovery words').click()
      await this.#page.getByLabel('The 24 words').fill(secret.words)
    }
    await this.#page.getByRole('button', { name: 'Unlock' }).click()
  }
}

const fingerprintIn = async (element: ReturnType<Page['getByLabel']>): Promise<string> =>
  ((await element.first().getAttribute('aria-label')) ?? '').split(': ')[1] ?? ''
