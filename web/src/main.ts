import './main.css'
import { addIcon } from '@iconify/vue'
import { init as addIcons } from 'virtual:nuxt-ui-icons'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { useSignInStore } from './features/sign-in/index.ts'
import { i18n, startLanguage } from './platform/i18n/text.ts'
import { watchInstallOffer } from './platform/pwa/app-install.ts'
import { startAppUpdates } from './platform/pwa/app-update.ts'
import { createConsoleRouter } from './router.ts'
import { startAppearance } from './ui/appearance.ts'

startAppearance()
watchInstallOffer()
startAppUpdates()
await startLanguage()
// Each in a task of its own, so that the browser shows and hears between them; meanwhile the hub says who is there.
const nextTask = () => new Promise((resolve) => setTimeout(resolve))
await nextTask()
const app = createApp(App).use(createPinia()).use(i18n)
void useSignInStore().ready()
await nextTask()
// Of the kit's start only this is needed: colours stand in the style sheet (ui/colour-parts.css), and titles are set by the pages.
addIcons(addIcon)
await nextTask()
// Together: the app hears from the router that its first page is there, or is not to be had.
app.use(createConsoleRouter()).mount('#app')
