"use strict";

const viewer = document.getElementById("viewer");
const FONTS = "system-ui, sans-serif";

Redoc.init(
  viewer.dataset.description,
  {
    hideDownloadButton: true,
    nativeScrollbars: true,
    scrollYOffset: ".pages",
    theme: {
      colors: { primary: { main: "#0f766e" } },
      typography: { fontFamily: FONTS, headings: { fontFamily: FONTS } },
    },
  },
  viewer,
);
