import { addIcon } from '@iconify/vue'
import { createApp, h, nextTick, ref, type App } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { afterEach, expect, test } from 'vitest'
import DialogBox from './DialogBox.vue'

let app: App | null = null
// The kit would ask another machine for it.
addIcon('lucide:x', { body: '' })
afterEach(() => app?.unmount())

async function show(busy: boolean) {
  const [open, isBusy] = [ref(true), ref(busy)]
  const takes = {
    title: 'Change it',
    text: 'Both are there until it is done.',
    'onUpdate:open': (isOpen: boolean) => void (open.value = isOpen),
  }
  app = createApp({
    render: () => h(DialogBox, { ...takes, open: open.value, isBusy: isBusy.value }, { footer: () => h('button', 'Cancel') }),
  })
  app.use(createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: {} }] }))
  app.mount(document.body.appendChild(document.createElement('div')))
  await nextTick()
  const press = async (what: 'x' | 'escape'): Promise<boolean> => {
    if (what === 'x') document.querySelector<HTMLElement>('[data-slot=close]')?.click()
    else document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await nextTick()
    return open.value
  }
  return { isBusy, press }
}

test.each(['x', 'escape'] as const)('nobody closes by %s what works on something; afterwards anybody', async (way) => {
  const { isBusy, press } = await show(true)
  expect(await press(way)).toBe(true)
  isBusy.value = false
  await nextTick()
  expect(await press(way)).toBe(false)
})
