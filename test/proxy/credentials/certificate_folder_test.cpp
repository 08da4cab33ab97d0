#include "proxy/credentials/certificate_folder.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace fairlead;

TEST_CASE("a folder's certificates are known by the names that ACME clients, Kubernetes and people give")
{
    const conf::scratch_folder folder;
    const auto path = [&](std::string_view name) { return (folder.path() / name).string(); };
    for (const char* each : {"example.com", "k8s", "empty", ".hidden"})
        std::filesystem::create_directory(path(each));
    for (const char* each : {"a.pem", "b.crt", "b.key", "b.pem", "b.ocsp", "README", ".x.pem",
                             "example.com/fullchain.pem", "example.com/privkey.pem", "example.com/cert.pem",
                             "k8s/tls.crt", "k8s/tls.key", ".hidden/fullchain.pem"})
        folder.write(each, "text");
    const auto found = credentials::list_certificates(folder.path().string());
    CHECK(found.problem.empty());
    CHECK(found.certificates ==
          std::vector<conf::certificate_files>{
              {path("a.pem"), "", "", {}},
              {path("b.crt"), path("b.key"), path("b.ocsp"), {}},
              {path("example.com/fullchain.pem"), path("example.com/privkey.pem"), "", {}},
              {path("k8s/tls.crt"), path("k8s/tls.key"), "", {}}});
    CHECK(found.folders ==
          std::vector<std::string>{folder.path().string(), path("empty"), path("example.com"), path("k8s")});
}

TEST_CASE("a folder that cannot be read is told")
{
    CHECK(credentials::list_certificates("/nowhere/at/all").problem ==
          "/nowhere/at/all: No such file or directory");
}
