// Starts the page.

import "./design/tokens.css";
import "./design/base.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { startTheme } from "./design/theme.svelte";

startTheme();
const target = document.getElementById("app");
if (target) mount(App, { target });
