import { expect, test, type Browser, type Page } from '@playwright/test'
import { signInToOverview } from '../pages/sign-in.ts'
import { startStack } from '../stack/start-stack.ts'
import { furnish } from './furnish.ts'
import { lookAt, type Screen } from './look-at.ts'
import { views } from './views.ts'

/** Every page and every dialog on the real stack, on one screen, light and dark. */
export function playTour(screen: Screen): void {
  // Axe walks through every page: a trace of that is large and says nothing.
  test.use({ trace: 'off' })
  test(`every page and dialog on a ${screen.name}`, async ({ page, browser }) => {
    test.setTimeout(600_000)
    const stack = await startStack()
    try {
      await page.setViewportSize(screen)
      await signInToOverview(page, stack.signInLink)
      const facts = await furnish(stack, page)
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => message.type() === 'error' && problems.push(`${page.url()}: ${message.text()}`))
      for (const view of views)
        await test.step(view.name, async () => {
          const show = async () => {
            await page.goto(stack.origin + view.path(facts))
            await expect(page.getByRole('main').getByText(view.text).first()).toBeVisible()
          }
          await show()
          await lookAt(page, screen, view.name)
          for (const [index, dialog] of (view.dialogs ?? []).entries()) {
            if (index > 0) await show()
            await dialog.open(page)
            await expect(dialog.shows?.(page) ?? page.getByRole('dialog')).toBeVisible()
            await lookAt(page, screen, `${view.name}-${dialog.name}`, 'dialog')
          }
        })
      await test.step('search and menu', () => lookAtSearchAndMenu(page, stack.origin, screen))
      expect(problems).toEqual([])
      await test.step('sign-in', () => lookAtSignIn(browser, stack.origin, screen))
    } finally {
      await stack.stop()
    }
  })
}

async function lookAtSearchAndMenu(page: Page, origin: string, screen: Screen): Promise<void> {
  await page.goto(origin)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Control+K')
  await page.keyboard.type('ada')
  const plan = page.getByRole('option', { name: 'Home of Ada' })
  await expect(plan.first()).toBeVisible()
  await lookAt(page, screen, 'search', 'dialog')
  await plan.last().click()
  await expect(page).toHaveURL(/\/(plans|runs)\/[0-9a-f-]{36}/)
  if (screen.name !== 'phone') return
  await page.goto(origin)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'More' }).click()
  await expect(page.getByRole('link', { name: 'Audit log' })).toBeVisible()
  await lookAt(page, screen, 'more', 'dialog')
}

async function lookAtSignIn(browser: Browser, origin: string, screen: Screen): Promise<void> {
  const context = await browser.newContext({ viewport: screen })
  const outside = await context.newPage()
  await outside.goto(`${origin}/sign-in`)
  await expect(outside.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await lookAt(outside, screen, 'sign-in')
  await context.close()
}
