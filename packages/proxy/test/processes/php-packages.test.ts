import { describe, expect, test } from "vitest";

import { installCommand } from "../../src/processes/php-packages.ts";

describe.runIf(process.platform === "linux")("the command is that of the distribution or of its relatives", () => {
  test.each([
    ["ID=debian\n", "apt-get install php-fpm", "apt-get install php-cgi"],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get install php-fpm", "apt-get install php-cgi"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install php-fpm", "dnf install php-cli"],
    ["NAME=Alpine\nID=alpine\n", "apk add php84-fpm", "apk add php84-cgi"],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install php8-fpm", "zypper install php8-fastcgi"],
    ["ID=manjaro\nID_LIKE=arch\n", "pacman -S php-fpm", "pacman -S php-cgi"],
  ])("%j", (osRelease, fpm, cgi) => {
    expect(installCommand("php-fpm", osRelease).command).toBe(fpm);
    expect(installCommand("php-cgi", osRelease)).toMatchObject({ command: cgi, sentence: `run \`${cgi}\`` });
  });

  test("the distribution as it calls itself", () => {
    const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
    expect(installCommand("php-fpm", text).distribution).toBe("Debian GNU/Linux 12 (bookworm)");
  });

  test("a distribution that nobody knows here", () => {
    expect(installCommand("php-fpm", "ID=haiku\n")).toEqual({
      command: undefined,
      distribution: undefined,
      sentence: "install the package php-fpm of your distribution",
    });
    expect(installCommand("php-fpm", "").command).toBeUndefined();
  });
});
