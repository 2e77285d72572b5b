import { watchMediaImages } from "@holdfast/media/browser";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Announcer } from "./announcer.js";
import { Console } from "./console.js";
import "./theme.css";
import "./layout.css";
import "./photos.css";
import "./redeploy.css";
import "./uploads.css";

watchMediaImages();
const root = document.querySelector("#console");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Announcer>
        <Console />
      </Announcer>
    </StrictMode>,
  );
}
