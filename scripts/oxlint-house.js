// Lint rules of this repository that no plugin has. Both guard one thing: bytes stay bytes.

/** Names that the Encoding Standard maps to windows-1252: 0x80-0x9F would become other characters. */
const WINDOWS_1252 = /^(latin-?1|iso-?8859-?1|ascii|us-ascii|binary|windows-1252|l1|cp1252)$/i;

const noLatin1TextDecoder = {
  create(context) {
    return {
      NewExpression(node) {
        const label = node.arguments[0];
        if (node.callee.name !== "TextDecoder" || label?.type !== "Literal" || !WINDOWS_1252.test(label.value)) return;
        context.report({ node, message: `TextDecoder("${label.value}") decodes windows-1252, not latin1.` });
      },
    };
  },
};

const noRequestUrl = {
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.name !== "URL" || isImportMetaUrl(node.arguments[1])) return;
        context.report({ node, message: "new URL() rewrites a request target: a target stays the bytes that came." });
      },
    };
  },
};

function isImportMetaUrl(node) {
  return node?.type === "MemberExpression" && node.object.type === "MetaProperty" && node.property.name === "url";
}

export default {
  meta: { name: "house" },
  rules: { "no-latin1-text-decoder": noLatin1TextDecoder, "no-request-url": noRequestUrl },
};
