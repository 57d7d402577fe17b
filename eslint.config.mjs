// How the page's scripts are laid out (`make format`) and what in them is a mistake (`make lint`).
import js from "@eslint/js";
import stylistic from "@stylistic/eslint-plugin";
import globals from "globals";

export default [
  { ignores: [".venv*/", "build/"] },
  js.configs.recommended,
  stylistic.configs.customize({ quotes: "double", semi: true, arrowParens: true, braceStyle: "1tbs" }),
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      "no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_$" }],
      "@stylistic/list-style": "off", // short tables stand several entries to a line
      "@stylistic/max-statements-per-line": ["error", { max: 3 }],
      "@stylistic/multiline-ternary": "off",
      "@stylistic/no-mixed-operators": "off", // as ** beside * in a formula
    },
  },
];
