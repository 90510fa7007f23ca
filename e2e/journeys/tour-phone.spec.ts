import { screens } from '../tour/look-at.ts'
import { playTour } from '../tour/play-tour.ts'

playTour(screens.phone)
