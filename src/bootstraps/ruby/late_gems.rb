# frozen_string_literal: true

module LamBootstrap
  # Loads RubyGems, which takes longer than Ruby itself, when it is first needed: for a library that is not in the load
  # path, for `gem`, or for the constant `Gem`.
  module LateGems
    # Adds the gems of the function to where they are looked for: those that Bundler wrote below `vendor/bundle` without
    # RubyGems, if there is its `bundler/setup.rb`.
    def self.add_bundle(task_root)
      bundle = "#{task_root}/vendor/bundle"
      return unless File.directory?(bundle)

      folders = Dir.glob("#{bundle}/ruby/*").select { |folder| File.directory?(folder) }
      ENV['GEM_PATH'] ||= folders.join(':') unless folders.empty?
      setup = "#{bundle}/bundler/setup.rb"
      load(setup) if File.file?(setup)
    end

    def self.install
      Object.autoload(:Gem, "#{__dir__}/gems_now.rb")
    end

    def self.load_now
      Object.const_get(:Gem)
    end
  end
end

# RubyGems replaces both when it is loaded.
module Kernel
  alias lam_plain_require require

  def require(feature)
    begin
      return lam_plain_require(feature)
    rescue LoadError => error
      raise if error.path != feature
    end
    # Outside of `rescue`, so that this error is not the cause of the next one.
    LamBootstrap::LateGems.load_now
    require(feature)
  end

  def gem(...)
    LamBootstrap::LateGems.load_now
    gem(...)
  end

  private :lam_plain_require, :require, :gem
end
